export async function getServerSideProps() {
  const answer = await fetch(`${process.env.BACKEND_URL}/roll`).catch(() => undefined)
  return { props: { rolled: answer ? (await answer.json()).rolled : null } }
}

export default function Page({ rolled }) {
  return <main>{rolled ?? "no die"}</main>
}
