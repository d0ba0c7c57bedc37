"""The web app and its HTTP interface, for one's own machine; it uses the front door and nothing deeper."""
