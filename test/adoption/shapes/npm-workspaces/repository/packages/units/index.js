export function celsius(fahrenheit) {
  return Math.round(((fahrenheit - 32) * 5) / 9)
}
