import { headers } from "next/headers"
import { auth } from "@/lib/auth"

export const dynamic = "force-dynamic"

export default async function Notes() {
  const { token } = await auth.api.getToken({ headers: await headers() })
  const answer = await fetch(`${process.env.BACKEND_URL}/notes`, { headers: { Authorization: `Bearer ${token}` } })
  const notes: string[] = await answer.json()
  return <ul>{notes.map(note => <li key={note}>{note}</li>)}</ul>
}
