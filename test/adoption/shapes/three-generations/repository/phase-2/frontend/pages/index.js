export default function Page() {
  return <main>phase 2</main>
}
