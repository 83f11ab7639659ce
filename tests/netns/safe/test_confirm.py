#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""apply --confirm, confirm and rollback: who may confirm, what comes back and
when, and who is left out of it when something dies."""
import json
import os
import pathlib
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

import bed
from bed import ip, links, look

PLAIN = "[bridge xenbr0]\nnetdev = eth0\n"
SSH1 = "198.51.100.9 40000 198.51.100.1 22"
SSH2 = "198.51.100.9 40001 198.51.100.1 22"
LONG = "3000"


# Beyond eth0, in a namespace of his own: says each line that he hears.
CLIENT = """
import socket, subprocess, sys
print("there", flush=True)
sys.stdin.readline()
for line in ("link set wire0 up", "addr add 192.0.2.254/24 dev wire0"):
    subprocess.run(["ip", *line.split()], check=True)
with socket.create_connection(("192.0.2.1", 7)) as server:
    print("connected", flush=True)
    for line in sys.stdin:
        server.sendall(line.encode())
        print(server.recv(100).decode(), end="", flush=True)
"""


def echo(listener):
    connection, _ = listener.accept()
    with connection:
        while data := connection.recv(100):
            connection.sendall(data)


class Confirm(bed.Case):
    def setUp(self):
        super().setUp()
        self.before = look()
        self.write(PLAIN)

    def apply(self, seconds=LONG, session=None):
        """Applies; the watchdog's process."""
        text = self.good("apply", "--confirm", seconds, session=session)
        self.assertIn(f"rolled back in {seconds} s, unless another session "
                      "says: xenplane confirm", text)
        self.assertIn("xenbr0", links())
        return self.watchdog()

    def assert_back(self):
        self.assert_looks(self.before)
        self.assert_nothing_pending()

    def assert_stays(self):
        self.assertEqual(links()["eth0"]["master"], "xenbr0")
        self.assert_nothing_pending()

    def test_nobody_confirms(self):
        begun = time.clock_gettime(time.CLOCK_BOOTTIME)
        watchdog = self.apply("2")
        self.wait_end(watchdog)
        self.assertGreaterEqual(
            time.clock_gettime(time.CLOCK_BOOTTIME) - begun, 2)
        self.assert_back()
        self.bad("confirm", "--force", says="nothing waits to be confirmed; "
                 "the last one: rolled back: nobody confirmed it in time")

    def test_who_locked_himself_out_gets_in_again(self):
        """Over the same TCP connection that the apply cut."""
        client = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-c", CLIENT],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(client.communicate, timeout=bed.LIMIT)
        self.assertEqual(client.stdout.readline(), "there\n")
        listener = socket.create_server(("192.0.2.1", 7))
        self.addCleanup(listener.close)
        server = threading.Thread(target=echo, args=(listener,), daemon=True)
        server.start()
        ip("link", "set", "wire0", "netns", str(client.pid))
        client.stdin.write("go\nbefore\n")
        client.stdin.flush()
        self.assertEqual(client.stdout.readline(), "connected\n")
        self.assertEqual(client.stdout.readline(), "before\n")
        # As it should be done, it goes on.
        self.good("apply", "--confirm", LONG)
        client.stdin.write("bridged\n")
        client.stdin.flush()
        self.assertEqual(client.stdout.readline(), "bridged\n")
        self.good("confirm", "--force")
        # And as it should not.
        self.write(PLAIN + "address = 203.0.113.1/24\n")
        watchdog = self.apply("2")
        client.stdin.write("locked out\n")
        client.stdin.flush()
        self.assertEqual(client.stdout.readline(), "locked out\n")
        self.assertFalse(self.pending())
        self.assertIn("192.0.2.1/24", bed.addresses("xenbr0"))
        self.wait_end(watchdog)

    def test_the_same_ssh_connection_does_not_do(self):
        one, two = self.login(ssh=SSH1), self.login(ssh=SSH2)
        watchdog = self.apply(session=one)
        self.bad("confirm", session=one,
                 says="this is the session that applied it")
        self.assertEqual(self.watchdog(), watchdog)
        self.good("confirm", session=two)
        self.wait_end(watchdog)
        self.assert_stays()

    def test_the_same_audit_session_does_not_do(self):
        one, two = self.login(audit=True), self.login(audit=True)
        watchdog = self.apply(session=one)
        self.bad("confirm", session=one,
                 says="this is the session that applied it")
        self.assertEqual(self.watchdog(), watchdog)
        self.good("confirm", session=two)
        self.wait_end(watchdog)
        self.assert_stays()

    def test_the_audit_session_counts_more(self):
        # su and sudo keep it, whatever the environment says.
        one = self.login(audit=True, ssh=SSH1)
        self.apply(session=one)
        one.env["SSH_CONNECTION"] = SSH2
        one.shell.stdin.write(f"export SSH_CONNECTION='{SSH2}'\n")
        self.bad("confirm", session=one,
                 says="this is the session that applied it")
        self.good("confirm", "--force", session=one)

    def test_ssh_is_known_behind_sudo(self):
        one = self.login(ssh=SSH1)
        self.apply(session=one)
        # As sudo does: the environment is gone, the parents are not.
        clean = {key: value for key, value in one.env.items()
                 if key != "SSH_CONNECTION"}
        done = subprocess.run(
            ["sh", "-c", "env -u SSH_CONNECTION "
             f"{bed.XENPLANE} confirm --state {self.state}; exit $?"],
            env=one.env, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("this is the session that applied it", done.stderr)
        # The control: without such a parent nothing tells.
        done = subprocess.run(
            ["sh", "-c", f"{bed.XENPLANE} confirm --state {self.state}; "
             "exit $?"], env=clean, capture_output=True, text=True,
            check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing tells this session", done.stderr)

    def test_what_cannot_be_told_is_to_be_forced(self):
        watchdog = self.apply()
        self.bad("confirm", says="nothing tells this session from the one")
        for text in ("", "x", "1.2.3.4 5 6.7.8.9", "1.2.3.4 0 1.2.3.4 22",
                     "1.2.3.4 99999 1.2.3.4 22", "a b c d", SSH1 + " x"):
            other = self.login(ssh=text)
            self.bad("confirm", session=other,
                     says="nothing tells this session from the one")
        self.good("confirm", "--force")
        self.wait_end(watchdog)
        self.assert_stays()

    def test_only_one_at_a_time(self):
        watchdog = self.apply()
        self.bad("apply", says="an earlier apply waits")
        self.bad("apply", "--confirm", "5", says="an earlier apply waits")
        self.assertIn("an apply waits to be confirmed", self.good("recover"))
        self.assertEqual(self.watchdog(), watchdog)
        self.good("confirm", "--force")
        self.wait_end(watchdog)
        self.good("apply")

    def test_applies_at_once_take_turns(self):
        argv = [bed.XENPLANE, "apply", "-f", str(self.conf), "--state",
                str(self.state)]
        runs = [subprocess.Popen(argv, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
                for _ in range(8)]
        texts = [run.communicate(timeout=bed.LIMIT)[0] for run in runs]
        for run, text in zip(runs, texts, strict=True):
            if run.returncode:
                self.assertIn("another xenplane is at work", text)
        self.assertIn(0, [run.returncode for run in runs])
        self.assert_stays()

    def test_rollback_takes_back_what_waits(self):
        watchdog = self.apply()
        self.assertIn("rolled back: all is as before", self.good("rollback"))
        self.wait_end(watchdog)
        self.assert_back()
        # Nothing of ours was there before: so it is to be.
        self.assertIn("nothing to change", self.good("rollback"))

    def test_rollback_brings_back_what_was_confirmed(self):
        self.good("apply")
        confirmed = look()
        # By hand, and by the file that is there now: neither counts.
        ip("link", "set", "eth0", "nomaster")
        ip("link", "set", "xenbr0", "mtu", "1300")
        self.write("")
        text = self.good("rollback")
        self.assertIn("change veth eth0: master", text)
        self.assertEqual(links()["eth0"]["master"], "xenbr0")
        ip("link", "set", "xenbr0", "mtu", "1400")
        self.assert_looks(confirmed)

    def test_an_apply_that_changes_nothing_needs_no_confirming(self):
        self.good("apply")
        text = self.good("apply", "--confirm", LONG)
        self.assertNotIn("unless another session", text)
        self.wait_until(lambda: not self.children(), "somebody waits")
        self.assert_stays()

    def test_a_change_back_to_what_was_confirmed(self):
        self.good("apply")
        confirmed = look()
        self.write(PLAIN + "[bridge xenlan]\naddress = 10.0.0.1/24\n")
        self.wait_end_of(self.good, "apply", "--confirm", "1")
        self.assert_looks(confirmed)
        # What is ours is known again, too.
        self.write("")
        self.good("apply")
        self.assert_looks(self.before)

    def wait_end_of(self, run, *words):
        run(*words)
        self.wait_end(self.watchdog())

    def test_the_watchdog_is_alone(self):
        pid = self.apply()
        self.assertEqual(os.getsid(pid), pid and os.getpgid(pid))
        self.assertNotEqual(os.getsid(pid), os.getsid(0))
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        self.assertEqual(stat.rsplit(")", 1)[1].split()[4], "0")  # no tty
        fds = {os.readlink(f"/proc/{pid}/fd/{fd}")
               for fd in os.listdir(f"/proc/{pid}/fd")}
        self.assertTrue(all(fd.startswith(("/dev/null", "anon_inode:",
                                           "socket:", str(self.state)))
                            for fd in fds), fds)
        self.assertEqual(os.readlink(f"/proc/{pid}/cwd"), "/")
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM,
                       signal.SIGQUIT, signal.SIGUSR1, signal.SIGPIPE):
            os.kill(pid, number)
        self.good("confirm", "--force")
        self.wait_end(pid)

    def test_the_terminal_goes(self):
        """As with a lost SSH session: the terminal hangs up while it runs."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(bed.XENPLANE, [bed.XENPLANE, "apply", "-f",
                                    str(self.conf), "--state",
                                    str(self.state), "--confirm", "1"])
        last = self.state / "last.json"
        self.wait_until(lambda: self.pending() or last.exists(),
                        "the apply does not begin")
        os.close(terminal)
        os.waitpid(pid, 0)
        self.wait_until(lambda: not self.children(), "it does not end")
        self.assert_back()
        self.assertIn("rolled back: nobody confirmed it in time",
                      last.read_text())

    def pending(self):
        return (self.state / "pending.json").exists()

    def test_the_caller_is_killed(self):
        """At whatever moment: all comes back, or nothing was begun."""
        moments = (lambda: "xenbr0" in links(), self.pending, self.children)
        for number in range(6):
            caller = subprocess.Popen(
                [bed.XENPLANE, "apply", "-f", str(self.conf), "--state",
                 str(self.state), "--confirm", "1"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # With all done, on its way, hardly begun.
            moment = moments[number % 3]
            self.wait_until(lambda m=moment, c=caller: m() or
                            c.poll() is not None, "nothing happens")
            caller.kill()
            caller.wait()
            self.wait_until(lambda: not self.children(), "it does not end")
            self.assert_back()

    def test_a_full_disk_is_no_hindrance_to_rolling_back(self):
        self.state.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k,mode=700",
                        "tmpfs", str(self.state)], check=True)
        self.addCleanup(subprocess.run, ["umount", str(self.state)],
                        check=True)
        watchdog = self.apply("2")
        with open(self.state / "filler", "wb", buffering=0) as file:
            with self.assertRaises(OSError):
                while file.write(b"x" * 4096):
                    pass
        self.wait_end(watchdog)
        self.assert_back()

    def test_time_passes_while_confirm_is_too_late(self):
        # The watchdog is kept from its work by the lock that another holds.
        watchdog = self.apply("1")
        lock = subprocess.Popen(
            ["flock", str(self.state / "lock"), "sh", "-c",
             "echo locked; read x"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.assertEqual(lock.stdout.readline().strip(), "locked")
        deadline = int(json.loads((self.state / "pending.json").read_text())
                       ["deadline_ms"]) / 1000
        self.wait_until(lambda: time.clock_gettime(time.CLOCK_BOOTTIME) >
                        deadline, "time stands still")
        self.bad("confirm", "--force", says="another xenplane is at work")
        self.assertIn("xenbr0", links())
        lock.communicate("\n", timeout=bed.LIMIT)
        self.wait_end(watchdog)
        self.assert_back()

    def test_another_namespaces_state_is_left_alone(self):
        watchdog = self.apply()
        done = subprocess.run(
            ["unshare", "--net", bed.XENPLANE, "rollback", "--state",
             str(self.state)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("of another network namespace", done.stderr)
        self.assertIn("xenbr0", links())
        self.assertEqual(self.watchdog(), watchdog)
        self.good("confirm", "--force")
        self.wait_end(watchdog)


class Dead(Confirm):
    """What is killed leaves work that somebody else finishes."""

    # Not those of the other class once more.
    for name in list(vars(Confirm)):
        if name.startswith("test_"):
            locals()[name] = None
    del name

    def kill_watchdog(self, seconds=LONG):
        pid = self.apply(seconds)
        os.kill(pid, signal.SIGKILL)
        self.wait_end(pid)
        self.assertIn("xenbr0", links())

    def test_the_next_command_rolls_back(self):
        self.kill_watchdog()
        self.write("")
        text = self.good("apply")
        self.assertIn("an apply whose process died was rolled back", text)
        self.assert_back()

    def test_recover_rolls_back(self):
        self.kill_watchdog()
        self.assertIn("an apply whose process died was rolled back",
                      self.good("recover"))
        self.assert_back()
        self.assertIn("nothing waits", self.bad("confirm"))

    def test_rollback_does(self):
        self.kill_watchdog()
        self.good("rollback")
        self.assert_back()

    def test_confirm_still_counts_in_time(self):
        self.kill_watchdog()
        self.bad("confirm", says="nothing tells this session")
        self.good("confirm", "--force")
        self.assert_stays()

    def test_confirm_is_too_late_after_it(self):
        self.kill_watchdog("1")
        deadline = int(json.loads((self.state / "pending.json").read_text())
                       ["deadline_ms"]) / 1000
        self.wait_until(lambda: time.clock_gettime(time.CLOCK_BOOTTIME) >
                        deadline, "time stands still")
        self.bad("confirm", "--force", says="too late: an apply whose process "
                 "died was rolled back")
        self.assert_back()

    def reboot(self):
        """The kernel's state is gone, the disk's is not."""
        for name in ("pending.json", "confirmed.json"):
            path = self.state / name
            if path.exists():
                record = json.loads(path.read_text())
                record["boot"] = "another"
                path.write_text(json.dumps(record))
        journal = self.state / "pending.journal"
        journal.unlink(missing_ok=True)
        for name in set(links()) - {"lo"}:
            try:
                ip("link", "del", name)
            except bed.Failed:
                pass
        ip(bed.HOST)
        self.wait_until(bed.is_settled, "the links do not come up")

    def test_a_reboot_brings_what_was_confirmed(self):
        self.good("apply")
        confirmed = look()
        self.write(PLAIN + "[bridge xenlan]\n")
        self.kill_watchdog()
        self.reboot()
        text = self.good("recover", "--boot")
        self.assertIn("an apply before the reboot is forgotten", text)
        self.assertNotIn("xenlan", links())
        self.assertEqual(links()["eth0"]["master"], "xenbr0")
        self.assert_nothing_pending()
        self.assert_looks(confirmed)
        # Confirmed, it would be there after the next one.
        self.good("apply")
        self.reboot()
        self.good("recover", "--boot")
        self.assertIn("xenlan", links())

    def test_a_reboot_without_anything_confirmed(self):
        self.kill_watchdog()
        self.reboot()
        self.assertIn("before the reboot is forgotten",
                      self.good("recover", "--boot"))
        self.assert_back()
        # Nor is it applied by the boot after that one.
        self.assertIn("nothing to change", self.good("recover", "--boot"))
        self.assert_back()

    def test_the_first_boot_goes_by_the_file(self):
        self.bad("rollback", says="nothing was ever confirmed")
        self.good("recover", "--boot")
        self.assert_stays()
        # Then by what was confirmed: a file that is only edited waits.
        self.write("")
        self.assertIn("nothing to change", self.good("recover", "--boot"))
        self.conf.unlink()
        status, text = self.xenplane("recover", "--boot")
        self.assertEqual(status, 0, text)
        self.assert_stays()

    def test_too_late_after_a_reboot(self):
        self.kill_watchdog()
        self.reboot()
        self.bad("confirm", "--force", says="the host was rebooted since")

    def test_damaged_records_are_told(self):
        self.kill_watchdog()
        pending = self.state / "pending.json"
        text = pending.read_text()
        for damage in ("", "{}", text[:-20], text.replace('"id"', '"di"')):
            pending.write_text(damage)
            for words in (("recover",), ("apply",), ("confirm",)):
                self.bad(*words, says=str(pending))
            self.assertIn("xenbr0", links())
        self.good("rollback")
        self.assert_back()

    def test_a_damaged_record_keeps_no_watchdog_from_its_work(self):
        watchdog = self.apply("1")
        (self.state / "pending.json").write_text("{")
        self.wait_end(watchdog)
        self.assert_back()


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(77)
    unittest.main()
