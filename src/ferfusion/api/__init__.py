"""The front door: what ``import ferfusion as fer`` offers; the command line is its thinnest user."""
