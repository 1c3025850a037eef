import sys

if __name__ == "__main__":
    for number, title in enumerate(sys.argv[1:], start=1):
        print(f"{number}. {title}")
