"""What the API takes and tells, one file a noun. A test holds what it tells and the frozen values of ``pipeline`` together."""
