"""Words of an invented Dominican business: people, firms, streets, products. Nothing here is real."""

from __future__ import annotations

FIRST_NAMES = (
    "Altagracia", "Ramón", "Yolanda", "José Miguel", "Carmen", "Rafael", "Dulce María", "Félix", "Ángela",
    "Wilson", "Yesenia", "Máximo", "Mercedes", "Juan Pablo", "Niurka", "Luis Emilio", "Íngrid", "Pedro",
)  # fmt: skip
LAST_NAMES = (
    "Peña", "Núñez", "Rodríguez", "De la Cruz", "Féliz", "Mejía", "Ureña", "Báez", "Santana", "Guzmán",
    "Polanco", "Marte", "Encarnación", "Almánzar", "Tavárez", "Liriano", "Cepeda", "Jiménez",
)  # fmt: skip
TRADES = (
    "Ferretería", "Colmado", "Farmacia", "Repuestos", "Panadería", "Papelería", "Constructora", "Importadora",
    "Supermercado", "Taller", "Agropecuaria", "Distribuidora", "Clínica Dental", "Inversiones",
)  # fmt: skip
FIRM_NAMES = (
    "El Cibao", "La Altagracia", "Quisqueya", "Los Hermanos", "El Yaque", "Don Pedro", "La Ñapa", "Bonao",
    "El Almirante", "Duarte", "Santa Bárbara", "El Cañaveral", "Tres Brazos", "La Económica",
)  # fmt: skip
FORMS = ("SRL", "SAS", "EIRL", "SA")
STREETS = (
    "C/ El Conde", "Av. 27 de Febrero", "Av. Máximo Gómez", "C/ Duarte", "Av. Núñez de Cáceres",
    "C/ Padre Billini", "Av. Las Américas", "C/ Sánchez", "Autopista Duarte Km", "C/ 16 de Agosto",
)  # fmt: skip
TOWNS = (
    "Santo Domingo", "Santiago de los Caballeros", "La Vega", "San Francisco de Macorís", "Higüey",
    "San Cristóbal", "Puerto Plata", "Baní", "La Romana", "Moca",
)  # fmt: skip
# Name, unit, price in RD$ without tax.
PRODUCTS = (
    ("Cemento gris 42.5 kg", "funda", 465.0),
    ("Varilla 3/8\" x 20'", "unidad", 318.5),
    ('Bloque de 6"', "unidad", 46.0),
    ("Arena lavada", "m³", 1450.0),
    ("Pintura acrílica blanca", "galón", 1295.0),
    ('Tubo PVC 1/2"', "unidad", 189.9),
    ("Cable THHN #12", "pie", 19.75),
    ("Lámpara LED 18 W", "unidad", 385.0),
    ("Breaker 20 A", "unidad", 410.0),
    ("Inodoro económico", "unidad", 5650.0),
    ("Llave de chorro", "unidad", 275.0),
    ('Clavos 2 1/2"', "libra", 62.5),
    ("Zinc acanalado 12'", "plancha", 890.0),
    ("Madera pino 2x4x12", "pieza", 615.0),
    ("Servicio de instalación", "hora", 850.0),
    ("Transporte a obra", "viaje", 2500.0),
    ("Cerámica 33x33 caña", "m²", 549.95),
    ("Thinner", "cuarto", 168.0),
    ('Disco de corte 7"', "unidad", 145.0),
    ("Guantes de piñón", "par", 95.0),
)
CATEGORIES = ("Construcción", "Eléctricos", "Plomería", "Pintura", "Herramientas", "Servicios")
USERS = ("admin", "caja1", "contabilidad", "ventas@example.do")
NOTES = (
    "",
    "Entregar en obra",
    "Pago a 30 días",
    "Retirado por el chofer",
    "Llamar «urgente»",
)
