"""What other people's tools find in what is installed here, and why some of it stays: `make audit`."""
