import { redirect } from "next/navigation"
import { SignOut } from "@/components/sign-out.tsx"
import { TaskList } from "@/components/task-list.tsx"
import { currentUser } from "@/lib/session.ts"

export default async function Page() {
  const user = await currentUser()
  if (!user) redirect("/sign-in")
  return (
    <>
      <header>
        <h1>Tasks</h1>
        <p className="user">
          <span>{user.name}</span>
          <SignOut />
        </p>
      </header>
      <TaskList />
    </>
  )
}
