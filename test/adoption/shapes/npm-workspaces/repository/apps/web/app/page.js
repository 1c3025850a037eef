"use client"
import { celsius } from "@weather/units"

export default function Page() {
  return (
    <main>
      {process.env.NEXT_PUBLIC_CITY}: {celsius(68)} °C
    </main>
  )
}
