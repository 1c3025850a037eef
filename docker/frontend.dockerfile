# T-401: image of the frontend (Next.js). The build context is the folder of the application.
# No stage has a setting of the deployment: the same image runs everywhere.

FROM node:20-alpine AS deps
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund

FROM deps AS build
# NEXT_PRIVATE_STANDALONE: `output: "standalone"`, where next.config does not say it.
ENV NEXT_TELEMETRY_DISABLED=1 \
    NEXT_PRIVATE_STANDALONE=true
COPY . .
RUN npm run build
# T-401: `release` is what runs: the traced server with its assets, and the migration if there is one. No source maps.
RUN mv .next/standalone release \
    && mv .next/static release/.next/static \
    && if [ -d public ]; then rm -rf release/public && mv public release/public; fi \
    && mv static-files.cjs release/ \
    && if [ -f dist/migrate.mjs ]; then mv dist/migrate.mjs release/; fi \
    && mkdir -p release/.next/cache \
    && find release -name "*.map" -exec rm {} +

FROM node:20-alpine
# KEEP_ALIVE_TIMEOUT: longer than a load balancer keeps an idle connection (nginx, AWS: 60 s; Google: 600 s, so set it in
# frontend-config there), so that it never reuses a closed one.
ENV NODE_ENV=production \
    NEXT_TELEMETRY_DISABLED=1 \
    HOSTNAME=0.0.0.0 \
    PORT=3000 \
    KEEP_ALIVE_TIMEOUT=65000
WORKDIR /app
# T-401: owned by root, run by a user of its own: the application cannot change itself.
COPY --from=build /app/release ./
USER 10001:10001
EXPOSE 3000
# static-files.cjs: while a release rolls out, each pod serves the static files of both builds.
CMD ["node", "--require", "./static-files.cjs", "server.js"]
