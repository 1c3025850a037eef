export const dynamic = "force-dynamic"

export default async function Page() {
  const books = await fetch(`${process.env.BACKEND_URL}/books`)
    .then(answer => answer.json())
    .catch(() => [])
  return <main>{books.length} books</main>
}
