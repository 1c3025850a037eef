"use client"

export default function ErrorPage({ reset }: { reset: () => void }) {
  return (
    <section className="card narrow">
      <h1>Out of order</h1>
      <p role="alert">The page cannot be shown right now. Your tasks are safe.</p>
      <button onClick={reset}>Try again</button>
    </section>
  )
}
