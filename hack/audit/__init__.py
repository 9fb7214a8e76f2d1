"""Third-party security and style checks of what is installed, with waivers: `make audit`."""
