import { greeting } from "../lib/greeting.mjs"

export const dynamic = "force-dynamic"

export default async function Page() {
  const entries = await fetch(`${process.env.BACKEND_URL}/entries`)
    .then(answer => answer.json())
    .catch(() => [])
  return <main>{greeting(entries.length)}</main>
}
