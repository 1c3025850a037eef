"use client"

import { type FormEvent, useEffect, useState } from "react"
import { Refusal, send } from "@/components/send.ts"

interface Task {
  id: string
  title: string
  done: boolean
}

export function TaskList() {
  const [tasks, setTasks] = useState<Task[]>()
  const [title, setTitle] = useState("")
  const [error, setError] = useState<string>()

  async function attempt(work: () => Promise<void>) {
    setError(undefined)
    try {
      await work()
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return window.location.assign("/sign-in")
      setError((error as Error).message)
    }
  }

  const load = () => attempt(async () => setTasks(await send<Task[]>("GET", "/api/tasks")))

  const add = (event: FormEvent) => {
    event.preventDefault()
    return attempt(async () => {
      const task = await send<Task>("POST", "/api/tasks", { title })
      setTasks((tasks = []) => [task, ...tasks])
      setTitle("")
    })
  }

  const tick = ({ id, done }: Task) =>
    attempt(async () => {
      const changed = await send<Task>("PATCH", `/api/tasks/${id}`, { done: !done })
      setTasks((tasks = []) => tasks.map(task => (task.id === id ? changed : task)))
    })

  const remove = ({ id }: Task) =>
    attempt(async () => {
      await send("DELETE", `/api/tasks/${id}`)
      setTasks((tasks = []) => tasks.filter(task => task.id !== id))
    })

  useEffect(() => {
    void load()
  }, [])

  return (
    <section className="card" aria-label="Your tasks">
      <form onSubmit={add} className="add">
        <input
          value={title}
          onChange={event => setTitle(event.target.value)}
          aria-label="New task"
          placeholder="What is to be done?"
          required
          maxLength={200}
        />
        <button className="primary">Add</button>
      </form>

      {error && (
        <p role="alert">
          {error} {!tasks && <button onClick={load}>Try again</button>}
        </p>
      )}

      {tasks && (
        <ul>
          {tasks.map(task => (
            <li key={task.id}>
              <label>
                <input type="checkbox" checked={task.done} onChange={() => tick(task)} />
                <span>{task.title}</span>
              </label>
              <button onClick={() => remove(task)} aria-label={`Delete ${task.title}`}>
                <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="summary" aria-live="polite">
        {summary(tasks, error)}
      </p>
    </section>
  )
}

function summary(tasks: Task[] | undefined, error: string | undefined): string {
  if (!tasks) return error ? "" : "Loading…"
  if (tasks.length === 0) return "Nothing to do. Add your first task."
  const open = tasks.filter(task => !task.done).length
  return open === 0 ? "All done." : `${open} of ${tasks.length} to do`
}
