FROM python:3.13-slim AS build
WORKDIR /app
COPY main.py migrate.py pg.py ./

FROM python:3.13-slim
COPY --from=build /app /app
USER 10001:10001
ENV PYTHONDONTWRITEBYTECODE=1
CMD ["python", "/app/main.py"]
