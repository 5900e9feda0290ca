"""``target.create``: what its keys stand for (``pod``, ``manifests``) in what is served (``served``), and how it gets there (``bring``)."""
