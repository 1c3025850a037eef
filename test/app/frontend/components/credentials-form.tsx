"use client"

import { type FormEvent, useState } from "react"
import { send } from "@/components/send.ts"

/** Signs a user in, or up and in. */
export function CredentialsForm({ purpose }: { purpose: "sign-in" | "sign-up" }) {
  const [error, setError] = useState<string>()
  const [busy, setBusy] = useState(false)
  const isNew = purpose === "sign-up"

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(event.currentTarget))
    setBusy(true)
    setError(undefined)
    try {
      await send("POST", `/api/auth/${purpose}/email`, fields)
      // A full page load, so that nothing of an earlier user stays in memory.
      window.location.assign("/")
    } catch (error) {
      setError((error as Error).message)
      setBusy(false)
    }
  }

  return (
    <form onSubmit={submit} className="fields">
      {isNew && (
        <label>
          Name
          <input name="name" autoComplete="name" required maxLength={100} autoFocus />
        </label>
      )}
      <label>
        Email
        <input name="email" type="email" autoComplete="email" required autoFocus={!isNew} />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          minLength={isNew ? 8 : undefined}
          aria-describedby={isNew ? "password-rule" : undefined}
        />
        {isNew && <small id="password-rule">At least 8 characters.</small>}
      </label>
      {error && <p role="alert">{error}</p>}
      <button className="primary" disabled={busy}>
        {isNew ? "Create account" : "Sign in"}
      </button>
    </form>
  )
}
