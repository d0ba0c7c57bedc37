#!/bin/sh
# Look at a dataset, and at the labels that the models of a study contradict: sh 19_check.sh
set -e
ferfusion check work/data --study work/study
