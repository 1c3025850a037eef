import Link from "next/link"
import { redirect } from "next/navigation"
import { CredentialsForm } from "@/components/credentials-form.tsx"
import { currentUser } from "@/lib/session.ts"

export default async function Page() {
  if (await currentUser()) redirect("/")
  return (
    <section className="card narrow">
      <h1>Sign in</h1>
      <CredentialsForm purpose="sign-in" />
      <p>
        New here? <Link href="/sign-up">Create an account</Link>
      </p>
    </section>
  )
}
