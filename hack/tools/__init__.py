"""Programs of others that check what is made here, built from Go modules into the cache that clusters use, too."""
