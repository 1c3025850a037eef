export const page = prices =>
  `<h1>Shop</h1>${Object.entries(prices)
    .map(([name, price]) => `<p>${name}: ${price}</p>`)
    .join("")}`
