"""How we know: five outcomes, sensitivity at a false-positive rate, micro-AP, and an interval on each."""
