"""Labels that several people give to videos: projects, answers, agreement, consensus."""
