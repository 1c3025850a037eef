import signal
import threading


def digest(titles: list[str]) -> str:
    return f"{len(titles)} to do"


if __name__ == "__main__":
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    while not stopped.is_set():
        print(digest([]))
        stopped.wait(60)
