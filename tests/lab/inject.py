# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes another process do a system call, as one would who has taken it over.
The process must wait in a system call itself: the instruction that it came by
is used once more. x86-64 only."""
import ctypes
import os
import platform
import signal

SEIZE, INTERRUPT, GETREGS, SETREGS, SINGLESTEP, DETACH, PEEKTEXT = \
    0x4206, 0x4207, 12, 13, 9, 17, 1
WALL = 0x40000000  # waitpid(2): whatever kind of child, and tracees
SYSCALL = 0x050f  # the instruction, as a little-endian word

REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi "
             "orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs")
POSSIBLE = platform.machine() == "x86_64"

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p)


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS.split()]


def ptrace(request, pid, address=None, data=None):
    ctypes.set_errno(0)
    result = libc.ptrace(request, pid, address, data)
    if ctypes.get_errno():
        raise OSError(ctypes.get_errno(), f"ptrace request {request}")
    return result


def wait(pid):
    """None while it lives (it is stopped then), else the signal it died of."""
    status = os.waitpid(pid, WALL)[1]
    if os.WIFSTOPPED(status):
        return None
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def call(pid, number, *arguments):
    """(result, None) of the call, a negative errno where it failed; or
    (None, signal) when the process died of it."""
    ptrace(SEIZE, pid)
    ptrace(INTERRUPT, pid)
    wait(pid)
    regs, before = Registers(), Registers()
    ptrace(GETREGS, pid, None, ctypes.byref(before))
    ptrace(GETREGS, pid, None, ctypes.byref(regs))
    regs.rip -= 2
    if ptrace(PEEKTEXT, pid, regs.rip) & 0xffff != SYSCALL:
        ptrace(DETACH, pid)
        raise RuntimeError("the process does not wait in a system call")
    regs.rax = number
    regs.orig_rax = 2 ** 64 - 1  # nothing to restart
    for name, value in zip(("rdi", "rsi", "rdx", "r10", "r8", "r9"),
                           arguments):
        setattr(regs, name, value)
    ptrace(SETREGS, pid, None, ctypes.byref(regs))
    ptrace(SINGLESTEP, pid)
    died = wait(pid)
    if died is not None:
        return None, signal.Signals(died)
    ptrace(GETREGS, pid, None, ctypes.byref(regs))
    ptrace(SETREGS, pid, None, ctypes.byref(before))
    ptrace(DETACH, pid)
    return ctypes.c_longlong(regs.rax).value, None
