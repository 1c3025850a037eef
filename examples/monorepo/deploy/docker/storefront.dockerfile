FROM node:20-alpine
WORKDIR /srv
COPY storefront.mjs .
USER 10001
CMD ["node", "storefront.mjs"]
