import { format } from "../lib/format"

export default function Page() {
  return (
    <main>
      <img src="/logo.svg" alt="" width="20" height="20" /> {format(2, "EUR")}
    </main>
  )
}
