"""The bad inputs a webhook receiver is tested against, each by the number of its row, at the real server with a real Redis behind."""
