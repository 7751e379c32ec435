"""What a hostile command tries, one function each: it returns what it got, and raises OSError when it was kept from it.

Run inside the sandbox only: `python -c ATTACKS NAME...` prints one JSON object of those that worked.
"""

ATTACKS = r"""
import ctypes, ctypes.util, errno, fcntl, glob, json, mmap, os, resource, signal, socket, struct, sys, tempfile
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def opened(*paths, flags=os.O_WRONLY):
    for path in paths:
        try:
            os.close(os.open(path, flags | os.O_NONBLOCK))
            return path
        except OSError:
            pass
    raise OSError("none opened")
def leaked():
    for number in range(3, 256):
        try:
            name = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if not name.startswith("/proc/"): return name
    raise OSError("none")
def unshare_user(): return call(272, 0x10000000)
def unshare_mount(): return call(272, 0x20000)
def clone_user(): return call(56, 0x10000000 | 17, 0, 0, 0, 0)
def clone3_user(): return call(435, ctypes.create_string_buffer(struct.pack("11Q", 0x10000000, *[0]*10), 88), 88)
def new_mount_api(): return call(430, b"tmpfs", 0)
def open_tree(): return call(428, -100, b"/", 1)
def move_mount(): return call(429, 3, b"", 4, b"/", 0)
def mount_tmpfs(): return call(165, b"none", b"/tmp", b"tmpfs", 0, 0)
def remount_root(): return call(165, b"none", b"/", 0, 0x1020, 0)
def unmount_mask(): return call(166, os.path.expanduser("~").encode(), 2)
def pivot(): return call(155, b"/tmp", b"/tmp")
def chroot(): return call(161, b"/tmp")
def bpf(): return call(321, 0, ctypes.create_string_buffer(128), 128)
def perf(): return call(298, ctypes.create_string_buffer(128), 0, -1, -1, 0)
def userfaultfd(): return call(323, 1)
def io_uring(): return call(425, 4, ctypes.create_string_buffer(120))
def keyring(): return call(250, 0, -3, 1)
def add_key(): return call(248, b"user", b"a", b"b", 1, -3)
def open_by_handle(): return call(304, -100, ctypes.create_string_buffer(64), 0)
def process_memory(): return call(310, 1, 0, 0, 0, 0, 0)
def pidfd_getfd(): return call(438, call(434, os.getppid(), 0), 0, 0)
def kexec(): return call(246, 0, 0, 0, 0)
def load_module(): return call(313, 0, b"", 0)
def set_host_name(): return call(170, b"x", 1)
def set_clock(): return call(227, 0, struct.pack("2q", 0, 0))
def dmesg(): return call(103, 3, ctypes.create_string_buffer(64), 64)
def io_port(): return call(173, 0x80, 1, 1)
def fanotify(): return call(300, 0, 0)
def quota(): return call(179, 0x800001 << 8, 0, 0, 0)
def kcmp(): return call(312, 1, os.getpid(), 0, 0, 0)
def vhangup(): return call(153)
def swapon(): return call(167, b"/dev/vda", 0)
def make_device(): os.mknod("blk", 0o60600, os.makedev(254, 0)); return "device"
def make_char(): os.mknod("chr", 0o20600, os.makedev(1, 1)); return "device"
def set_uid_bit(): open("suid", "w").close(); os.chmod("suid", 0o4755); return "suid"
def set_uid_mknod(): os.mknod("suid2", 0o104755); return "suid"
def set_uid_open(): os.close(os.open("suid3", os.O_CREAT | os.O_WRONLY, 0o6755)); return "suid"
def file_capability(): os.setxattr("main.py", "security.capability", struct.pack("<5I", 0x2000001, 1, 0, 0, 0)); return "cap"
def trusted_xattr(): os.setxattr("main.py", "trusted.x", b"x"); return "xattr"
def chown_file(): os.chown("main.py", 12345, 12345); return "chown"
def become_root(): os.setresuid(0, 0, 0) if os.getuid() else os.setgroups([0]); return "root"
def vsock(): return socket.socket(40, socket.SOCK_STREAM).fileno()
def packet(): return socket.socket(17, socket.SOCK_RAW, 3).fileno()
def raw(): return socket.socket(2, socket.SOCK_RAW, 1).fileno()
def netfilter(): return socket.socket(16, socket.SOCK_RAW, 12).fileno()
def alg(): return socket.socket(38, socket.SOCK_SEQPACKET, 0).fileno()
def bluetooth(): return socket.socket(31, socket.SOCK_RAW, 1).fileno()
def add_interface():
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(control, 0x8914, struct.pack("16sh22x", b"lo", 0)); return "lo is down"
def kernel_settings(): return opened("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger",
    "/proc/sys/vm/drop_caches", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/hostname", "/proc/sys/fs/suid_dumpable")
def kernel_memory(): return opened("/dev/mem", "/dev/kmem", "/dev/port", flags=os.O_RDONLY) if not open("/proc/kcore", "rb").read(16) else "kcore"
def devices(): return opened(*glob.glob("/dev/vd*"), *glob.glob("/dev/sd*"), "/dev/kmsg", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/vsock", "/dev/uinput", "/dev/loop-control", "/dev/userfaultfd", flags=os.O_RDONLY)
def sys_files(): return opened(*glob.glob("/sys/kernel/*/*"), *glob.glob("/sys/power/*"), "/sys/kernel/uevent_helper", "/sys/kernel/mm/ksm/run")
def cgroups(): return opened(*glob.glob("/sys/fs/cgroup/cgroup.procs"), *glob.glob("/sys/fs/cgroup/*/cgroup.procs"), *glob.glob("/sys/fs/cgroup/*/release_agent"))
def sockets_of_services():
    for path in ("/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/containerd/containerd.sock", "/run/systemd/private", "/run/snapd.socket"):
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(path); return path
        except OSError:
            pass
    raise OSError("none")
def other_processes():
    found = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) > 40]
    if found: return found
    raise OSError("none")
def parent_environ(): return next(path for path in glob.glob("/proc/[0-9]*/environ") if b"CANARY_SECRET" in open(path, "rb").read())
def parent_root(): return opened(*[f"{p}/root{want}" for p in glob.glob("/proc/[0-9]*") for want in [sys.argv[1] + "/canary.txt"]])
def signalled():
    for pid in range(1, 1 << 16):
        if pid != os.getpid():
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                continue
            except PermissionError:
                return f"{pid} of somebody else is there"
            if pid > 40: return pid
    raise OSError("none")
def niced_parent(): os.setpriority(os.PRIO_PROCESS, 0, -5); return "priority"
def raise_limits(): resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 20, 1 << 22)); resource.setrlimit(resource.RLIMIT_DATA, (-1, -1)); return "limits"
def realtime(): os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)); return "realtime"
def core_dump():
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0: raise OSError("no cores")
    return "cores"
def hard_link_out(): os.link(sys.argv[1] + "/canary.txt", "stolen"); return "linked"
def hard_link_git(): os.link(".git/config", "config"); return "linked"
def rename_git(): os.rename(".git", "old"); return "renamed"
def exchange_git():
    os.mkdir("fake"); return call(316, -100, b"fake", -100, b".git", 2)
def whiteout_git(): return call(316, -100, b".git", -100, b"gone", 4)
def bind_socket_in_git():
    socket.socket(socket.AF_UNIX).bind(".git/s"); return "bound"
def git_by_descriptor():
    return opened(f"/proc/self/fd/{os.open('.git', os.O_RDONLY)}/config", "/proc/self/cwd/.git/config", "/proc/self/root" + os.getcwd() + "/.git/config", "/proc/1/cwd/.git/config")
def git_by_map():
    with open(".git/config", "r+b") as file: return bytes(mmap.mmap(file.fileno(), 0)[:1])
def touch_git(): os.utime(".git/config", (0, 0)); return "times"
def write_program():
    for path in ("/usr/bin/env", sys.executable, "/lib/ld-linux.so.2", "/etc/passwd"):
        try:
            open(path, "ab").close(); return path
        except OSError: pass
    raise OSError("none")
def terminal(): return opened("/dev/tty", "/dev/console")
def pts_of_host(): return next(path for path in glob.glob("/dev/pts/[0-9]*"))
def system_v_memory():
    with open("/proc/sysvipc/shm") as file:
        if len(file.readlines()) > 1: return "segments of others"
    raise OSError("none")
names = [name for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", "") == "__main__" and name not in ("call", "opened")]
got = {}
for name in names:
    try:
        got[name] = str(globals()[name]())[:80]
    except (OSError, StopIteration, ValueError, OverflowError):
        pass
print(json.dumps([len(names), got]))
"""
