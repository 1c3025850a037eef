"use client"

import { useState } from "react"
import { send } from "@/components/send.ts"

export function SignOut() {
  const [failed, setFailed] = useState(false)

  async function signOut() {
    try {
      await send("POST", "/api/auth/sign-out", {})
      window.location.assign("/sign-in")
    } catch {
      setFailed(true)
    }
  }

  return <button onClick={signOut}>{failed ? "Sign out (try again)" : "Sign out"}</button>
}
