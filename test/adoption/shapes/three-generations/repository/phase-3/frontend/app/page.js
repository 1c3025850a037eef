import { title } from "../lib/title.mjs"

export const dynamic = "force-dynamic"

export default async function Page() {
  const tasks = await fetch(`${process.env.BACKEND_URL}/tasks`)
    .then(answer => answer.json())
    .catch(() => [])
  return <main>{title(tasks.length)}</main>
}
