"""Look at a dataset, and at the labels that the models of a study contradict: python 19_check.py."""

import ferfusion as fer

checked = fer.check("work/data", studies=["work/study"])
for title, lines in checked.lines.items():
    print(f"{title}:", *lines)
print(checked.classes, checked.people.head(), checked.copies, checked.doubtful_labels, sep="\n")
print(checked.page)
