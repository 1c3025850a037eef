import { NextResponse, type NextRequest } from "next/server"

export function middleware(request: NextRequest) {
  if (request.cookies.has("better-auth.session_token")) return NextResponse.next()
  return NextResponse.redirect(new URL("/", request.url))
}

export const config = { matcher: "/notes" }
