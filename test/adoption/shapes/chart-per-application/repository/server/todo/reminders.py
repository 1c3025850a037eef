import signal
import threading

INTERVAL = 60


def work() -> None:
    print("reminders: nothing to do", flush=True)


if __name__ == "__main__":
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    while not stopped.is_set():
        work()
        stopped.wait(INTERVAL)
