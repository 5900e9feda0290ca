"""The gateway: one process that owns the replicas of apps on this machine and listens on each app's port. Knows no run, spec or store.

A tiny kubelet, deployment controller and service proxy in one, with Kubernetes' rules at maxUnavailable 0 and maxSurge 1. ``serve`` is
the process, ``client`` is how others speak to it, ``rolling`` is what it decides by; every other file is one noun of it.
"""
