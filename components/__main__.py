"""What Pulumi starts of this folder: the provider of the package's components."""

import sys

from fairlead.package.provider import serve

serve(sys.argv[1:])
