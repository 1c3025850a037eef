export { forward as DELETE, forward as GET, forward as PATCH, forward as POST } from "@/lib/backend.ts"
