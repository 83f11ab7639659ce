# SPDX-License-Identifier: GPL-2.0-or-later
"""The book of samples: takes them, tags each with the machine's mood, and
makes medians of what is alike. A ratio is made of pairs that were taken in
the same round and the same mood."""
import statistics

import machine
from labtool import Failed, eprint


CROWD = "% of the time without its core"
SAID = 7  # figures of a sample that are said at once; the table has all


def summary(values):
    return {"samples": len(values), "median": statistics.median(values),
            "minimum": min(values), "maximum": max(values)}


def number(value):
    if value == 0 or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.{2 if abs(value) >= 10 else 3}f}"


def ratio_name(row):
    """"tcp: fast / veth": what differs of the other row's name."""
    ours, theirs = row["ours"], row["theirs"]
    if ": " in ours and ours.split(": ")[0] == theirs.split(": ")[0]:
        theirs = theirs.split(": ", 1)[1]
    return f"{ours} / {theirs}"


class Book:
    def __init__(self):
        self.samples = []
        self.failures = []
        self.ratios = []

    def take(self, row, turn, function, two_cores=True):
        """One sample: `function` returns {figure: value}. With `two_cores`
        its mood is asked for before and after. A failure is written down."""
        before = machine.round_trip() if two_cores else None
        try:
            figures = function()
        except (Failed, OSError, ValueError, KeyError) as why:
            self.fail(row, f"{type(why).__name__}: {why}")
            return
        trips = [before, machine.round_trip()] if two_cores else []
        mood = machine.mood_of(trips) if two_cores else "-"
        if figures.get(CROWD, 0) > machine.CROWDED_PERCENT:
            mood = "crowded"
        self.samples.append({"row": row, "turn": turn, "mood": mood,
                             "round_trip_ns": trips, "figures": figures})
        eprint(f"  {row} ({mood}): " +
               ", ".join(f"{number(value)} {figure}"
                         for figure, value in list(figures.items())[:SAID]))

    def fail(self, row, why):
        self.failures.append(f"{row}: {why}")
        eprint(f"  {row}: FAILED: {why}")

    def rows(self):
        """[row, figure, mood, summary] of everything alike, what belongs
        to one row together."""
        alike = {}
        for sample in self.samples:
            row = alike.setdefault(sample["row"], {})
            for figure, value in sample["figures"].items():
                moods = row.setdefault(figure, {})
                moods.setdefault(sample["mood"], []).append(value)
        return [{"row": row, "figure": figure, "mood": mood,
                 **summary(values)}
                for row, figures in alike.items()
                for figure, moods in figures.items()
                for mood, values in sorted(moods.items())]

    def of(self, row, figure):
        """{(turn, mood): value} of the samples that can be compared."""
        return {(one["turn"], one["mood"]): one["figures"][figure]
                for one in self.samples
                if one["row"] == row and figure in one["figures"] and
                machine.comparable(one["mood"])}

    def ratio(self, ours, theirs, figure):
        """Of the pairs of one round and mood, if there are any."""
        mine, others = self.of(ours, figure), self.of(theirs, figure)
        by_mood = {}
        for key in sorted(mine.keys() & others.keys()):
            if others[key] > 0:
                by_mood.setdefault(key[1], []).append(mine[key] / others[key])
        for mood, values in by_mood.items():
            self.ratios.append({"ours": ours, "theirs": theirs,
                                "figure": figure, "mood": mood,
                                **summary(values)})

    def print(self):
        line = "{:<56} {:<30} {:<7} {:>2} {:>10} {:>10} {:>10}"
        heads = ("mood", "n", "median", "min", "max")

        def cells(row):
            return (row["mood"], row["samples"], number(row["median"]),
                    number(row["minimum"]), number(row["maximum"]))

        print(line.format("row", "figure", *heads))
        for row in self.rows():
            print(line.format(row["row"], row["figure"], *cells(row)))
        if self.ratios:
            print("\n" + line.format("ratio, in the same round and mood",
                                     "of", *heads))
        for row in self.ratios:
            print(line.format(ratio_name(row), row["figure"], *cells(row)))

    def as_json(self):
        return {"rows": self.rows(), "ratios": self.ratios,
                "samples": self.samples, "failures": self.failures}
