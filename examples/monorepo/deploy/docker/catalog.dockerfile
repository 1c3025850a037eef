FROM python:3.13-slim
WORKDIR /srv
COPY catalog.py .
USER 10001
CMD ["python", "catalog.py"]
