module.exports = {
  async rewrites() {
    return [{ source: "/api/v1/:path*", destination: "http://backend:8000/api/v1/:path*" }]
  },
}
