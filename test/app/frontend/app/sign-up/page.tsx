import Link from "next/link"
import { redirect } from "next/navigation"
import { CredentialsForm } from "@/components/credentials-form.tsx"
import { currentUser } from "@/lib/session.ts"

export default async function Page() {
  if (await currentUser()) redirect("/")
  return (
    <section className="card narrow">
      <h1>Create an account</h1>
      <CredentialsForm purpose="sign-up" />
      <p>
        Already have one? <Link href="/sign-in">Sign in</Link>
      </p>
    </section>
  )
}
