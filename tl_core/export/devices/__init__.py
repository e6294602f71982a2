"""Sources that lie beside a model for phones and small boards, and how an app is made of them."""
