"""The folders of GRAFT_HOME: kept, packed, taken in again, given back."""
