# rumprun kvm -e A=b -e 'GREETING=hello world' nginx
 {, 
	"env": "A=b", 
	"env": "GREETING=hello world", 
	"cmdline": "nginx", 
}, 
