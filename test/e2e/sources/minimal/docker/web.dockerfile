FROM node:20-alpine AS build
WORKDIR /app
COPY main.mjs .

FROM node:20-alpine
COPY --from=build /app /app
USER 10001:10001
CMD ["node", "/app/main.mjs"]
