#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that asks for room before its frames while it is connected, as Linux
does when an XDP program is loaded; beside one that does not."""
from case import A, A4, A6, B, B4, OUT4, PlaneCase, labtool, main


class Headroom(PlaneCase):
    """Guest `a` asks for 256 bytes."""
    GUESTS = (("a", "--xdp-headroom=256", A), ("b", B))

    def log(self):
        path = f"/run/xenplane/lab/{self.lab.name}/lab.log"
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def show(self, vif):
        return self.lab.json("vif", "show", vif)

    def wait_for(self, what, condition):
        for _ in range(500):
            if condition():
                return
            labtool.time.sleep(0.02)
        self.fail(f"{what}: {self.log()[-2000:]}")

    def test_frames_come_behind_the_room_that_was_asked_for(self):
        self.wait_path("fast")
        self.wait_for("headroom",
                      lambda: self.show("vif1.0")["xdp_headroom"] == 256)
        self.wait_for("reconfigured", lambda: (
            self.show("vif1.0")["frontend_state"] == "Connected" and
            self.show("vif1.0")["state"] == "Connected"))
        self.assertEqual(self.show("vif2.0")["xdp_headroom"], 0)
        # Both ways to it: from a guest, and from its twin.
        self.assert_pings("b", A4)
        self.assert_pings("b", A6, options=("-s", "1400"))
        self.assert_pings("outside", A4, options=("-s", "1400"))
        self.assert_pings("a", B4)
        self.assert_pings("a", OUT4)
        for name in ("vif1.0", "vif2.0"):
            self.assertEqual(self.show(name)["drops"]["too_big"], 0)
        # It was connected all the time, and says what it got.
        self.assertEqual(self.log().count("eth0: disconnected"), 0)
        self.lab.lab("detach", "a", "0")
        self.wait_for("count",
                      lambda: "frames came with headroom" in self.log())


if __name__ == "__main__":
    main()
