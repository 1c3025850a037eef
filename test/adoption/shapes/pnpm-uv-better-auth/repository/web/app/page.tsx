"use client"
import { useState } from "react"
import { title } from "@/lib/title"

export default function Page() {
  const [notes, setNotes] = useState(0)
  return <button onClick={() => setNotes(notes + 1)}>{title(process.env.NEXT_PUBLIC_APP_NAME, notes)}</button>
}
