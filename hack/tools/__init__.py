"""Third-party programs for tests, built from Go modules into the cache of `hack/cluster`."""
