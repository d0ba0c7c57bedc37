"""What of the installation works, and the line that fixes what does not."""

import ferfusion as fer

report = fer.doctor()
print(report[["check", "state", "found"]])
print(report.loc[report["state"] == "fault", "fix"])
